/** Text of a URL as it was before it was percent-encoded; as it is when it is not encoded well. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
