import type { Assets } from './plan.ts';

const UNIT = /\.(service|target|path|timer|socket|mount|slice)$/;

/** Where each kind of asset is, and by what name it is known. */
const KINDS: readonly (readonly [kind: keyof Assets, folder: string, file: RegExp, ending: string, before: string])[] =
  [
    ['units', 'units', UNIT, '', ''],
    ['units', 'units/static-pod', UNIT, '', 'static-pod/'],
    ['scripts', 'units/scripts', /\.sh$/, '.sh', ''],
    ...['address', 'instance', 'name', 'program'].map(
      (part) => ['scripts', `units/scripts/${part}`, /\.sh$/, '.sh', `${part}/`] as const,
    ),
    ['templates', 'templates', /^[^.]/, '', ''],
    ['sidekicks', 'sidekick', /\.cjs$/, '.cjs', ''],
  ];

/** Files that land on hosts, by what the plans call them: of texts by folder and name, what is no asset left out. */
export function assetsOf(
  texts: (folder: string, wanted: RegExp) => readonly (readonly [name: string, text: string])[],
): Assets {
  const assets: Assets = { units: {}, scripts: {}, templates: {}, sidekicks: {} };
  for (const [kind, folder, file, ending, before] of KINDS) {
    for (const [name, text] of texts(folder, file))
      assets[kind][`${before}${name.slice(0, name.length - ending.length)}`] = text;
  }
  return assets;
}
