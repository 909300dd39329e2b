/** A command and what may follow it. */
export interface Node {
  /** Its words, without the program's name. */
  path: string;
  commands: { name: string; about: string }[];
  options: { flags: string[]; about: string; takes: boolean; choices: readonly string[] }[];
  /** Values of its argument, where there are few; else it is taken for a file. */
  choices: readonly string[];
}

const PROGRAM = 'quorumgate';

/** In single quotes, for any of the three shells. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
const words = (list: readonly string[]) => quoted(list.join(' '));
const allPaths = (nodes: readonly Node[]) => nodes.map(({ path }) => path).filter((path) => path !== '');

/** A static script: nothing is started for a completion. What takes no known value is completed as a file. */
export function bash(nodes: readonly Node[]): string {
  const values = nodes.flatMap(({ path, options }) =>
    options
      .filter(({ takes }) => takes)
      .map(({ flags, choices }) => {
        const labels = flags.map((flag) => quoted(`${path}:${flag}`)).join(' | ');
        return `    ${labels}) COMPREPLY=($(compgen -W ${words(choices)} -- "$cur")); return ;;`;
      }),
  );
  const rows = nodes.map(({ path, commands, options, choices }) => {
    const flags = options.flatMap((option) => option.flags);
    const named = [...commands.map(({ name }) => name), ...choices];
    return `    ${quoted(path)}) flags=${words(flags)}; named=${words(named)} ;;`;
  });
  return `# bash completion for ${PROGRAM}: source it
_${PROGRAM}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} path= flags= named= i next
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${path:+$path }\${COMP_WORDS[i]}"
    case "$next" in
    ${allPaths(nodes).map(quoted).join(' | ')}) path=$next ;;
    esac
  done
  case "$path:$prev" in
${values.join('\n')}
  esac
  case "$path" in
${rows.join('\n')}
  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$cur"))
  elif [[ -n $named ]]; then
    COMPREPLY=($(compgen -W "$named" -- "$cur"))
  fi
}
complete -o default -F _${PROGRAM} ${PROGRAM}
`;
}

/** Descriptions of `_arguments` and `_describe`: some characters have a meaning there. */
const zshText = (text: string) => text.replace(/[[\]:\\]/g, '\\$&');

export function zsh(nodes: readonly Node[]): string {
  const rows = nodes.map(({ path, commands, options, choices }) => {
    if (commands.length > 0) {
      const list = commands.map(({ name, about }) => quoted(`${name}:${zshText(about)}`)).join(' ');
      return `    (${quoted(path)}) named=(${list}); _describe command named ;;`;
    }
    const specs = options.map(({ flags, about, takes, choices: known }) => {
      const value = !takes ? '' : known.length > 0 ? `:value:(${known.join(' ')})` : ':value:_files';
      const [first = ''] = flags;
      const text = `[${zshText(about)}]${value}`;
      // Each of several names of one option, without the others.
      return flags.length === 1
        ? quoted(`*${first}${text}`)
        : `'(${flags.join(' ')})'{${flags.join(',')}}${quoted(text)}`;
    });
    const rest = choices.length > 0 ? `1:value:(${choices.join(' ')})` : '*:file:_files';
    return `    (${quoted(path)}) _arguments -s ${[...specs, quoted(rest)].join(' ')} ;;`;
  });
  return `#compdef ${PROGRAM}
_${PROGRAM}() {
  local at= next i depth=0
  local -a named
  for ((i = 2; i < CURRENT; i++)); do
    next="\${at:+$at }\${words[i]}"
    case "$next" in
      (${allPaths(nodes).map(quoted).join('|')}) at=$next; depth=$((i - 1)) ;;
    esac
  done
  shift depth words
  ((CURRENT -= depth))
  case "$at" in
${rows.join('\n')}
  esac
}
# As a file of fpath it is the function's own first call.
if [ "$funcstack[1]" = "_${PROGRAM}" ]; then _${PROGRAM}; else compdef _${PROGRAM} ${PROGRAM}; fi
`;
}

export function fish(nodes: readonly Node[]): string {
  const rows = nodes.flatMap(({ path, commands, options, choices }) => {
    const at = `complete -c ${PROGRAM} -n ${quoted(`__${PROGRAM}_at ${quoted(path)}`)}`;
    return [
      ...commands.map(({ name, about }) => `${at} -f -a ${name} -d ${quoted(about)}`),
      ...(choices.length > 0 ? [`${at} -f -a ${words(choices)}`] : []),
      ...options.map(({ flags, about, takes, choices: known }) => {
        const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
        const value = !takes ? '' : known.length > 0 ? ` -x -a ${words(known)}` : ' -r';
        return `${at} ${names.join(' ')}${value} -d ${quoted(about)}`;
      }),
    ];
  });
  return `# fish completion for ${PROGRAM}
set -g __${PROGRAM}_paths ${allPaths(nodes).map(quoted).join(' ')}
function __${PROGRAM}_at
  set -l path
  for word in (commandline -opc)[2..-1]
    contains -- (string join -- ' ' $path $word) $__${PROGRAM}_paths; and set -a path $word
  end
  set -l at (string join ' ' $path)
  test "$at" = "$argv[1]"
end
${rows.join('\n')}
`;
}
