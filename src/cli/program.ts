import { Command } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { EXIT_HELP } from './exit.ts';

/** The program without its commands: those are loaded when they are asked for (`groups.ts`). */
export function newProgram(): Command {
  return new Command('quorumgate')
    .description(manifest.description)
    .version(manifest.version)
    .addHelpText('after', EXIT_HELP)
    .showHelpAfterError('(see --help)')
    .showSuggestionAfterError()
    .exitOverride();
}
