// What nodes tell, in the language of ComfyUI's page: "Saw happy 95%, heard angry 85%" as «Vu : joyeux 95 %, …».

const EMOTIONS = ['neutral', 'happy', 'sad', 'angry', 'fear', 'disgust', 'surprise', 'contempt'];

/** Of each language: how a part begins, how many frames, the emotions in the order above, and a share. */
const LANGUAGES = {
  de: {
    saw: 'gesehen: ', heard: 'gehört: ', shows: 'gezeigt: ', frames: ' in {} Bildern', share: ' %',
    emotions: ['neutral', 'fröhlich', 'traurig', 'wütend', 'Angst', 'Ekel', 'Überraschung', 'Verachtung'],
  },
  es: {
    saw: 'visto: ', heard: 'oído: ', shows: 'muestra: ', frames: ' en {} fotogramas', share: ' %',
    emotions: ['neutral', 'alegre', 'triste', 'enfadado', 'miedo', 'asco', 'sorpresa', 'desprecio'],
  },
  fr: {
    saw: 'vu : ', heard: 'entendu : ', shows: 'montré : ', frames: ' dans {} images', share: ' %',
    emotions: ['neutre', 'joyeux', 'triste', 'en colère', 'peur', 'dégoût', 'surprise', 'mépris'],
  },
  ja: {
    saw: '見た感情：', heard: '聞いた感情：', shows: '表示：', frames: '（{} フレーム）', share: '%',
    emotions: ['中立', '喜び', '悲しみ', '怒り', '恐れ', '嫌悪', '驚き', '軽蔑'],
  },
  ko: {
    saw: '본 감정: ', heard: '들은 감정: ', shows: '표시: ', frames: ' ({}프레임)', share: '%',
    emotions: ['중립', '기쁨', '슬픔', '분노', '두려움', '혐오', '놀람', '경멸'],
  },
  zh: {
    saw: '看到：', heard: '听到：', shows: '表现：', frames: '（{} 帧）', share: '%',
    emotions: ['中性', '高兴', '悲伤', '愤怒', '恐惧', '厌恶', '惊讶', '轻蔑'],
  },
};
const FELT = `(?:${EMOTIONS.join('|')})(?: \\d+%)?`;
const PART = `(saw|heard|shows) (${FELT}(?:, ${FELT})*)(?: in (\\d+) frames)?`;
const WHOLE = new RegExp(`^${PART}(?:, ${PART})*$`, 'i');

/**
 * A line that a node tells, in a language of the page such as "fr" or "zh-TW"; what is no such line stays as it is.
 * @param {string} line
 * @param {string | undefined} language
 * @returns {string}
 */
export function inLanguage(line, language) {
  const words = LANGUAGES[/** @type {keyof typeof LANGUAGES} */ ((language ?? '').toLowerCase().split(/[-_]/)[0])];
  if (!words || !WHOLE.test(line)) return line;
  const parts = [...line.matchAll(new RegExp(PART, 'gi'))].map(([, verb, felt, frames]) => {
    const named = felt.replace(/[a-z]+/gi, name => words.emotions[EMOTIONS.indexOf(name.toLowerCase())])
      .replaceAll('%', words.share);
    const label = words[/** @type {'saw' | 'heard' | 'shows'} */ (verb.toLowerCase())];
    return label + named + (frames ? words.frames.replace('{}', frames) : '');
  });
  const told = parts.join(', ');
  return told[0].toUpperCase() + told.slice(1);
}
