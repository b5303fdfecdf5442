void pass_skin() {}
