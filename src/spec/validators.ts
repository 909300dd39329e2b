import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import { LockSchema } from './schema/lock.ts';
import { ANNOTATIONS } from './schema/parts.ts';
import { SpecSchema } from './schema/schema.ts';

/**
 * The schemas as they are used at run time. The build puts plain data and ajv's stand-alone code in the place of this module
 * (.ci/bundle-cli.mjs): to load TypeBox and to compile takes longer than all else that a command does.
 */
export const SCHEMAS: Readonly<Record<'spec' | 'lock', object>> = { spec: SpecSchema, lock: LockSchema };

/** Keywords that it does not know are refused, and so are defaults that it could not fill in. */
export const READER: Options = { strict: true, allErrors: true, useDefaults: true, messages: false };

const compiled = new Map<keyof typeof SCHEMAS, ValidateFunction>();

/** Says what is wrong with a value by one of the schemas, and fills every default into it. */
export function check(name: keyof typeof SCHEMAS, value: unknown): readonly ErrorObject[] {
  const validator = compiled.get(name) ?? new Ajv(READER).addVocabulary(ANNOTATIONS).compile(SCHEMAS[name]);
  compiled.set(name, validator);
  return validator(value) ? [] : (validator.errors ?? []);
}
