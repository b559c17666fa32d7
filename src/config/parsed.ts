// What reading one value gives: its meaning, or what should have stood there instead.

/** `refusal` completes the sentence `found "…", `: "expected a duration such as 30s". */
export type Parsed<Meaning> = { meaning: Meaning } | { refusal: string };
