// What the chatters say.

const LINES = [
  "Morning, all.",
  "Did anybody see the fox by the bins again?",
  "The tea is still warm.",
  "I have read the whole thread, twice.",
  "Nine o'clock suits me.",
  "Could you send me the picture of the bridge?",
  "It rains on my side of the river.",
  "That was quick.",
  "Who has the key to the shed?",
  "I shall bring bread.",
  "Agreed.",
  "One more thing before lunch …",
  "No, the other Thursday.",
  "The cat sits on the keyboard agaiiiin",
  "Thank you!",
];

let next = 0;

export function nextLine(): string {
  return LINES[next++ % LINES.length] ?? "";
}
