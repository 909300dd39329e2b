import { styleText } from 'node:util';
import type { Paint } from '../diagnostic/render.ts';

const STYLES = { error: 'red', warning: 'yellow', place: 'bold', mark: 'red', remedy: 'cyan' } as const;

/** Colours for standard error, where the terminal wants them. */
export const paint: Paint = (part, text) => {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  const isWanted = FORCE_COLOR ? FORCE_COLOR !== '0' : process.stderr.isTTY && !NO_COLOR;
  return isWanted ? styleText(STYLES[part], text, { validateStream: false }) : text;
};
