const PT_INTERP = 3;

/** Whether a 64-bit ELF program, low byte first, asks for a loader: else it brings all that it needs. */
export function isDynamic(program: Buffer): boolean {
  if (program.toString('latin1', 0, 4) !== '\x7fELF') return true;
  const [start, size, count] = [
    Number(program.readBigUInt64LE(32)),
    program.readUInt16LE(54),
    program.readUInt16LE(56),
  ];
  return Array.from({ length: count }, (_, index) => program.readUInt32LE(start + index * size)).includes(PT_INTERP);
}
