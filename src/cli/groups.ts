import { setFlagsFromString } from 'node:v8';
import type { Command } from 'commander';

/** Commands that are loaded together, and only when one of them is asked for. */
export interface Group {
  commands: readonly string[];
  load(): Promise<(program: Command) => void>;
}

/** In the order of `--help`. */
export const groups: readonly Group[] = [
  { commands: ['init'], load: async () => (await import('./author/init.ts')).addInitCommand },
  {
    commands: ['compile', 'check', 'schema'],
    load: async () => {
      // A command is over before optimized code would pay: V8 takes longer to make it (docs/measurements.md, 2026-11-29).
      setFlagsFromString('--interrupt-budget=2000000');
      return (await import('./compile.ts')).addCompileCommands;
    },
  },
  { commands: ['explain'], load: async () => (await import('./author/explain.ts')).addExplainCommand },
  { commands: ['graph'], load: async () => (await import('./author/graph.ts')).addGraphCommand },
  { commands: ['diff'], load: async () => (await import('./author/diff.ts')).addDiffCommand },
  { commands: ['kubernetes'], load: async () => (await import('./kubernetes.ts')).addKubernetesCommand },
  { commands: ['lock'], load: async () => (await import('./lock.ts')).addLockCommand },
  { commands: ['consul'], load: async () => (await import('./consul.ts')).addConsulCommands },
  { commands: ['pki'], load: async () => (await import('./pki.ts')).addPkiCommand },
  { commands: ['report'], load: async () => (await import('./boot-report.ts')).addReportCommand },
  { commands: ['lab'], load: async () => (await import('./lab/lab.ts')).addLabCommand },
  {
    commands: ['reset', 'restore', 'key', 'sign', 'member', 'rollout'],
    load: async () => (await import('./operator/operator.ts')).addOperatorCommands,
  },
  // Last: it completes those that are there.
  {
    commands: ['completion'],
    load: async () => (await import('./author/completion.ts')).addCompletionCommand,
  },
];

/** A command line in our words: `help lab up` is `lab up --help`, and `-v` what many expect of it. */
export function asked(words: readonly string[]): string[] {
  const [first, ...rest] = words;
  if (first === 'help' && rest.length > 0) return [...rest, '--help'];
  return first === '-v' ? ['--version', ...rest] : [...words];
}

/** The groups that a command line needs: all where it names no command, for help and for suggestions. */
export function groupsFor([first = '']: readonly string[]): readonly Group[] {
  if (first === '--version' || first === '-V') return [];
  const asked = groups.filter(({ commands }) => commands.includes(first));
  return asked.length > 0 && asked[0] !== groups.at(-1) ? asked : groups;
}
