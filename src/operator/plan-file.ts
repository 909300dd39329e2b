import { Ajv } from 'ajv';
import { type Static, Type } from 'typebox';
import { readSmallFile, writeNewFile } from '../io/small-file.ts';
import { visible } from '../sidekick/host/text.ts';
import { type ClusterRecord, parseRecord } from '../sidekick/shared/record.ts';
import { OperatorError } from './operator-error.ts';

const strict = { additionalProperties: false } as const;
const Text = Type.String({ maxLength: 1000 });
const Name = Type.String({ pattern: '^[\\w.-]{1,128}$' });

/** A reset or restore that has been planned, and can be signed and applied elsewhere and later. */
const PlanFile = Type.Object(
  {
    quorumgate: Type.Literal('plan 1'),
    command: Type.Enum(['reset', 'restore']),
    cluster: Name,
    /** Public halves, as the spec has them. */
    operatorKeys: Type.Array(Type.String({ pattern: '^[\\w-]{43}$' }), { maxItems: 2 }),
    /** The operator's words. */
    lost: Type.Array(Text, { maxItems: 1000 }),
    lineage: Type.Optional(Type.String({ pattern: '^[0-9a-f]{16}$' })),
    seed: Type.Optional(Name),
    snapshot: Type.Optional(
      Type.Object(
        { file: Text, bytes: Type.Integer({ minimum: 0 }), sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }) },
        strict,
      ),
    ),
    /** Keys in Consul, and the ModifyIndex of what is replaced there; 0: there is nothing. */
    replaces: Type.Array(Type.Object({ key: Text, modified: Type.Integer({ minimum: 0 }) }, strict), { maxItems: 9 }),
    /** The plan's words of itself. */
    lines: Type.Array(Text, { maxItems: 1000 }),
    /** Checked by `parseRecord`. */
    record: Type.Object({}),
  },
  strict,
);

export type PlanFile = Omit<Static<typeof PlanFile>, 'record'> & { record: ClusterRecord };

const ajv = new Ajv({ strict: true });
const isPlan = ajv.compile<Static<typeof PlanFile>>(PlanFile);

/** Bytes; nine members and a thousand lines have fewer. */
const LIMIT = 2 ** 20;

/** For its owner alone: what is signed is as good as the key, for this once. */
export function writePlan(file: string, plan: PlanFile): Promise<void> {
  return writeNewFile(file, `${JSON.stringify(plan, null, 2)}\n`);
}

/**
 * Reads a plan, which may be anybody's.
 *
 * @throws IoError when it cannot be read; OperatorError when it is none
 */
export async function readPlan(file: string): Promise<PlanFile> {
  const bytes = await readSmallFile(file, LIMIT);
  try {
    if (bytes.length > LIMIT) throw new Error('it is too large');
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    if (!isPlan(value)) {
      const [first] = isPlan.errors ?? [];
      throw new Error(`${first?.instancePath || 'the top level'} ${first?.message}`);
    }
    const record = parseRecord(JSON.stringify(value.record));
    if (
      (value.command === 'restore') !== (value.snapshot !== undefined) ||
      record.snapshot !== value.snapshot?.sha256
    ) {
      throw new Error('its record and its snapshot do not fit each other');
    }
    return { ...value, record };
  } catch (error) {
    throw new OperatorError(
      `${file} is no plan: ${visible((error as Error).message)}`,
      'Give the file that --plan has written, or `quorumgate sign`.',
      { cause: error },
    );
  }
}
