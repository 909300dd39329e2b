const TYPE_A = 1;
const NXDOMAIN = 3;

/** The question of a DNS query: its name in lower case, its type, and where it ends. */
function question(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/**
 * The answer to one DNS query by a table of names with one IPv4 address each; names under none of them do not exist.
 * Undefined for what is no query with one question.
 */
export function answer(query: Buffer, names: Readonly<Record<string, string>>): Buffer | undefined {
  if (query.length < 17 || (query.readUInt8(2) & 0x80) !== 0 || query.readUInt16BE(4) !== 1) return undefined;
  let asked: ReturnType<typeof question>;
  try {
    asked = question(query);
  } catch {
    return undefined;
  }
  const address = names[asked.name];
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  // An answer, authoritative, recursion as it was asked for and available.
  header.writeUInt16BE(0x8480 | (query.readUInt16BE(2) & 0x0100) | (address === undefined ? NXDOMAIN : 0), 2);
  header.writeUInt16BE(1, 4);
  const parts = [header, query.subarray(12, asked.end)];
  if (address !== undefined && asked.type === TYPE_A) {
    header.writeUInt16BE(1, 6);
    const record = Buffer.from([0xc0, 12, 0, TYPE_A, 0, 1, 0, 0, 0, 60, 0, 4]);
    parts.push(record, Buffer.from(address.split('.').map(Number)));
  }
  return Buffer.concat(parts);
}
