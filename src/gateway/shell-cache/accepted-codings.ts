// What an answer may be encoded in for a client (RFC 9110 §12.5.3), the smallest first.

const CODINGS = ["br", "zstd", "gzip", "deflate"];

export type Coding = string;

/** `identity` is the answer as it is. A client that says nothing gets nothing else. */
export function acceptedCodings(acceptEncoding: string | undefined): Coding[] {
  const qualities = new Map<string, number>();
  for (const item of (acceptEncoding ?? "").toLowerCase().split(",")) {
    const [coding = "", ...parameters] = item.split(";").map((part) => part.trim());
    const weight = parameters.find((parameter) => parameter.startsWith("q="));
    if (coding !== "") qualities.set(coding, weight === undefined ? 1 : Number(weight.slice(2)));
  }
  const others = qualities.get("*");
  const isAccepted = (coding: string): boolean => (qualities.get(coding) ?? others ?? 0) > 0;
  const accepted = CODINGS.filter(isAccepted);
  return (qualities.get("identity") ?? others ?? 1) > 0 ? [...accepted, "identity"] : accepted;
}
