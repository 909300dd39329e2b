import { type TSchema, Type } from 'typebox';
import { ETCD_SETTINGS, type Setting } from '../../version/etcd-settings.ts';
import { strict, Text } from './parts.ts';

/** Of a file of environment variables no more than its words: no blank, quote, `$` or `\`. */
const TEXT = '^[A-Za-z0-9._:/,@%+=*~-]+$';

function nodeOf({ kind, about, from }: Setting): TSchema {
  const description = `${about}.${from ? ` Since etcd ${from}.` : ''}`;
  if (typeof kind === 'object') return Type.Enum([...kind], { description });
  switch (kind) {
    case 'count':
      return Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description });
    case 'number':
      return Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description });
    case 'switch':
      return Type.Boolean({ description });
    case 'duration':
      return Text({
        pattern: '^([0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h))+$',
        form: 'a duration, for example `500ms` or `1m30s`',
        maxLength: 40,
        description,
        examples: ['1m30s'],
      });
    case 'origins':
      return Text({
        pattern: '^(\\*|https?://[A-Za-z0-9.:-]+)(,https?://[A-Za-z0-9.:-]+)*$',
        form: '`*`, or URLs with commas, for example `https://example.com`',
        maxLength: 1000,
        description,
        examples: ['https://example.com'],
      });
    default:
      return Text({
        pattern: TEXT,
        form: 'letters, digits and `._:/,@%+=*~-`, without blanks and quotes',
        maxLength: 1000,
        description,
      });
  }
}

/** Flags of etcd's own, by their names. */
export const EtcdSettings = Type.Unsafe<Readonly<Record<string, string | number | boolean | undefined>>>(
  Type.Object(
    Object.fromEntries(Object.entries(ETCD_SETTINGS).map(([flag, row]) => [flag, Type.Optional(nodeOf(row))])),
    {
      ...strict,
      description: "etcd's own flags, by their names without `--`, for services, containers and static pods alike.",
    },
  ),
);

/** Keys of Consul's own, as its configuration has them: which there are, only the agent's version knows. */
export const ConsulSettings = Type.Unsafe<Readonly<Record<string, unknown>>>(
  Type.Object(
    {},
    {
      additionalProperties: true,
      description:
        "Keys of Consul's agent configuration, as in its JSON, for services and static pods alike; an agent that does not know one does not start.",
    },
  ),
);
