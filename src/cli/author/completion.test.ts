import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { inFolder } from '../folder-testing.ts';

const has = (shell: string) => spawnSync(shell, ['-c', 'exit 0']).status === 0;
const inShell = (shell: string) => (has(shell) ? test : test.skip);

/** A shell's script in a folder, and what the shell says to some lines after it is there. */
function shell(t: ExecutionContext, name: string) {
  const { folder, run } = inFolder(t, {});
  const { status, stdout } = run('completion', name);
  t.is(status, 0);
  writeFileSync(path.join(folder, 'script'), stdout);
  return (lines: string) => {
    const done = spawnSync(name, ['-c', lines], { cwd: folder, encoding: 'utf8', timeout: 20_000 });
    t.is(done.stderr, '');
    return done.stdout.trim().split('\n').filter(Boolean);
  };
}

inShell('bash')('bash completes commands, options and their values, and leaves the rest to files', (t) => {
  const ask = shell(t, 'bash');
  const at = (...words: string[]) => {
    const list = words.map((word) => `'${word}'`).join(' ');
    const call = `COMP_WORDS=(quorumgate ${list}); COMP_CWORD=${words.length}; _quorumgate; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return ask(`set -u; . ./script; . ./script; ${call}`);
  };
  t.deepEqual(at('che'), ['check']);
  t.true(at('').includes('diff'));
  t.deepEqual(at('lab', 'fault', 'part'), ['partition']);
  t.deepEqual(at('check', '--tar'), ['--target']);
  t.deepEqual(at('check', 'a.yaml', '--target', 'ver'), []);
  t.deepEqual(at('check', 'a.yaml', '--target', 'v'), ['vagrant']);
  t.deepEqual(at('graph', 'a.yaml', '--format', 'm'), ['mermaid']);
  t.deepEqual(at('lab', 'fault', 'kill', '--program', 'g'), ['gate']);
  t.deepEqual(at('completion', ''), ['bash', 'zsh', 'fish']);
  // Files: by the shell itself.
  t.deepEqual(at('check', ''), []);
  t.deepEqual(at('compile', 'x', '-o', ''), []);
  t.regex(ask('. ./script; complete -p quorumgate')[0] ?? '', /-o default/);
});

inShell('fish')('fish completes the same, with descriptions', (t) => {
  const ask = shell(t, 'fish');
  const at = (line: string) => ask(`set -x HOME $PWD; source ./script; complete -C '${line}'`);
  t.deepEqual(at('quorumgate che'), ['check\treport everything that is wrong with specs, and write nothing']);
  t.deepEqual(
    at('quorumgate lab fault part').map((line) => line.split('\t')[0]),
    ['partition'],
  );
  t.deepEqual(
    at('quorumgate check a.yaml --target v').map((line) => line.split('\t')[0]),
    ['vagrant'],
  );
  t.deepEqual(
    at('quorumgate completion z').map((line) => line.split('\t')[0]),
    ['zsh'],
  );
  t.true(at('quorumgate check scr').some((line) => line.startsWith('script')));
  t.true(at('quorumgate check --str').some((line) => line.startsWith('--strict\t')));
});

inShell('zsh')('zsh gets the arguments of the command that is typed', (t) => {
  const ask = shell(t, 'zsh');
  const stand = 'compdef() { :; }; _arguments() { print -rl -- $CURRENT "$@"; }; _describe() { print -rl -- $named; }';
  const at = (line: string) => {
    const words = line.split(' ');
    return ask(
      `setopt nounset; ${stand}; . ./script; words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length}; _quorumgate; [[ -n $PATH ]]`,
    );
  };
  t.true(at('quorumgate ').includes('check:report everything that is wrong with specs, and write nothing'));
  t.true(at('quorumgate lab fault ').some((line) => line.startsWith('partition:')));
  const check = at('quorumgate check a.yaml --target ');
  t.is(check[0], '4');
  t.true(check.some((line) => /^\*--target\[.*\]:value:\(aws .*compose\)$/.test(line)));
  t.true(check.includes('*:file:_files'));
  t.true(at('quorumgate compile ').some((line) => line.startsWith('(-o --output)-o[')));
});
