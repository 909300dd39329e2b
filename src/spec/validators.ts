import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { SpecSchema } from './schema.ts';
import { LockSchema } from './schema-lock.ts';
import { ANNOTATIONS } from './schema-parts.ts';

/**
 * The schemas as they are used at run time. The build puts plain data and ajv's stand-alone code in the place of this module
 * (.ci/bundle-cli.mjs): loading TypeBox and compiling take longer than all else that a command does.
 */
export const SCHEMAS: Readonly<Record<'spec' | 'lock', object>> = { spec: SpecSchema, lock: LockSchema };

/** Says what is wrong with a value by one of the schemas, and fills every default into it. */
export function check(name: keyof typeof SCHEMAS, value: unknown): readonly ErrorObject[] {
  const validator = compiled.get(name) ?? schemaReader().compile(SCHEMAS[name]);
  compiled.set(name, validator);
  return validator(value) ? [] : (validator.errors ?? []);
}

const compiled = new Map<keyof typeof SCHEMAS, ValidateFunction>();

/** Refuses keywords that it does not know, and defaults that it could not fill in. */
export function schemaReader(code?: { source: true; esm: true }): Ajv {
  const ajv = new Ajv({ strict: true, allErrors: true, useDefaults: true, ...(code && { code }) });
  return ajv.addVocabulary(ANNOTATIONS);
}
