/** JSON pointers (RFC 6901): `''` is the whole, `/consul/join/0` one item. */
export function child(pointer: string, key: string | number): string {
  return `${pointer}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

export function segments(pointer: string): string[] {
  if (pointer === '') return [];
  return pointer
    .slice(1)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The pointer of what holds `pointer`; undefined for the whole. */
export function parent(pointer: string): string | undefined {
  return pointer === '' ? undefined : pointer.slice(0, pointer.lastIndexOf('/'));
}

/** Whether `pointer` is `top` or inside it. */
export function isWithin(pointer: string, top: string): boolean {
  return pointer === top || pointer.startsWith(`${top}/`);
}

/** `/consul/join/0` as the user would say it: `consul.join[0]`. */
export function spoken(pointer: string): string {
  return segments(pointer)
    .map((segment, index) => (/^\d+$/.test(segment) ? `[${segment}]` : `${index === 0 ? '' : '.'}${quoted(segment)}`))
    .join('');
}

/** Text out of the spec for a message: shortened, with invisible characters spelled out. */
export function quoted(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 57)}…` : text;
  return short.replace(/[\p{C}\p{Z}]/gu, (character) =>
    character === ' ' ? ' ' : `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}
