import test from 'ava';
import { parseUnitFile, UnitFileError, unitValue, unitValues, unitWords } from './unit-file.ts';

const text = [
  '# a comment',
  '[Unit]',
  'Description=Some thing = else',
  'After=a.service b.service \\',
  '  # a comment inside',
  '  c.service',
  '; another comment',
  'After=d.service a.service',
  '',
  '[Service]',
  'ExecStart=/bin/sh -c "echo \\\\"',
  '  Environment = A=1 ',
  '[Unit]',
  'Before=e.service',
].join('\n');

test('sections and keys keep their order, and a section opened twice is one', (t) => {
  const unit = parseUnitFile(text);
  t.deepEqual(
    unit.map(({ name, entries }) => [name, entries.map(({ key }) => key)]),
    [
      ['Unit', ['Description', 'After', 'After', 'Before']],
      ['Service', ['ExecStart', 'Environment']],
    ],
  );
  t.deepEqual(unit[0]?.entries[1]?.line, 4);
});

test('values keep everything after the first equals sign', (t) => {
  const unit = parseUnitFile(text);
  t.is(unitValue(unit, 'Unit', 'Description'), 'Some thing = else');
  t.is(unitValue(unit, 'Service', 'Environment'), 'A=1');
  t.is(unitValue(unit, 'Service', 'ExecStart'), '/bin/sh -c "echo \\\\"');
  t.is(unitValue(unit, 'Install', 'WantedBy'), undefined);
});

test('lists are joined over lines and assignments, each word once', (t) => {
  t.deepEqual(unitWords(parseUnitFile(text), 'Unit', 'After'), ['a.service', 'b.service', 'c.service', 'd.service']);
});

test('an empty assignment forgets what came before', (t) => {
  const unit = parseUnitFile('[Unit]\nAfter=a\nAfter=\nAfter=b');
  t.deepEqual(unitValues(unit, 'Unit', 'After'), ['b']);
});

test('a continuation at the end of the file and CRLF are read', (t) => {
  const unit = parseUnitFile('[Unit]\r\nAfter=a \\');
  t.deepEqual(unitWords(unit, 'Unit', 'After'), ['a']);
});

test('what is neither section nor assignment is an error with its line', (t) => {
  const error = t.throws(() => parseUnitFile('[Unit]\n\nnonsense'), { instanceOf: UnitFileError });
  t.is(error?.line, 3);
  t.throws(() => parseUnitFile('After=a'), { message: 'line 1: outside of any section: After=a' });
  t.throws(() => parseUnitFile('[Unit\nAfter=a'), { instanceOf: UnitFileError });
});
