import { type CodeEntry, error, warning } from './entry.ts';

/** Codes of `extra`: what a site wants on its hosts besides. */
export const EXTRA = {
  'extra-taken': error("What is quorumgate's own", 'Choose another {what}.'),
  'extra-twice': error('Two of one name', 'Keep one of the two.'),
  'extra-volatile': error(
    'A place that is empty after each boot',
    'Choose a place on a disk, or write a file into `/etc/tmpfiles.d` that makes it anew.',
  ),
  'extra-hidden': error('A file below a mount', 'Put it elsewhere, or let a unit with `RequiresMountsFor=` write it.'),
  'extra-owner': error('An owner that nobody makes', 'Add it under `{list}`, or write its number in quotes.'),
  'extra-key': error('No public key of SSH', 'Copy the whole line of the `.pub` file.'),
  'extra-unit': error('A unit that contradicts itself', '{advice}'),
  'extra-unit-text': error('A unit that cannot be read', '{advice}'),
  'extra-role-unneeded': warning('Wishes for hosts that there are none of', 'Remove it, or write `servers: role`.'),
  'extra-fragment': error('A fragment that cannot be merged', '{advice}'),
  'extra-fragment-word': warning(
    'A word that is no truth value here',
    'Write `true` or `false`, if that is meant: it is text in this YAML, and goes on as text.',
  ),
  'extra-fragment-unread': warning('A fragment that no target reads', 'Remove it, or compile for one of: {allowed}.'),
  'extra-read-only': error('A place that is read-only', 'Use `/etc`, `/opt` or `/var`.'),
  'target-without-extra': error('Something that a target cannot do', 'Remove it, or compile for another target.'),
} satisfies Record<string, CodeEntry>;
