/** Exit codes of every command; docs and `--help` list them. */
export const EXIT = { ok: 0, wrong: 1, usage: 2, bug: 70 } as const;

export const EXIT_HELP = `
Exit codes:
  0   done
  1   the spec, the output directory or the machine is not as it must be; the messages say what to do
  2   the command line is wrong
  70  a bug of quorumgate
`;
