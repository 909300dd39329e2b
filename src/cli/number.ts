import { InvalidArgumentError } from 'commander';

/** An option's value that is a number of 0 or more. */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0)) throw new InvalidArgumentError('It is not a number of 0 or more.');
  return value;
}

/** An option's value that is a number, below 0 too. */
export function signed(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It is not a number.');
  return value;
}

/** A lifetime: a whole number of days, up to a hundred years. */
export function days(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 36_500)
    throw new InvalidArgumentError('It is not a whole number from 1 to 36500.');
  return value;
}
