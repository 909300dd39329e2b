import test from 'ava';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { type HostBoot, JournalReader } from './boot.ts';
import { ClusterBoot } from './chain.ts';
import { html } from './html.ts';
import { exampleJournals, memberJournal, TestJournal } from './journal-testing.ts';
import { MARK, reportPage } from './page.ts';
import { duration, percent, scaleTo, tickLabel } from './scale.ts';
import { median, summarize } from './steps.ts';

function boot({ lines }: TestJournal, name = 'a.json'): HostBoot {
  const reader = new JournalReader(name);
  for (const line of lines) reader.add(line);
  const found = reader.end();
  if ('remedy' in found) throw new Error(found.message);
  return found;
}

const hosts = exampleJournals().map((journal, index) => boot(journal, `etcd-${index + 1}.json`));
const words = (links: ReturnType<ClusterBoot['chain']>) =>
  links.map(({ host, step, from, at }) => `${host.name} ${step} ${from.toFixed(1)}-${at.toFixed(1)}`);

/** The elements of a page, all closed, as XML has them: but for the doctype and elements without an end. */
function assertWhole(t: { is(a: unknown, b: unknown): void }, page: string): void {
  const xml = page.replace(/^<!doctype html>\n/, '').replace(/<(meta|br)\b([^>]*)>/g, '<$1$2/>');
  t.is(XMLValidator.validate(xml), true);
}

test('the chain leads from the start of one host to the end of the last', (t) => {
  const cluster = new ClusterBoot(hosts);
  t.deepEqual(words(cluster.chain()), [
    'etcd-3 configured 2.0-9.5',
    'etcd-3 consul runs 9.5-12.2',
    'etcd-3 programs 12.2-18.9',
    'etcd-3 gate opened 18.9-19.3',
    'etcd-3 etcd up 19.3-20.5',
    'etcd-3 up 20.5-20.9',
  ]);
  t.regex(cluster.chain()[2]?.cause ?? '', /^etcd: https:.*next try in 5 s$/);
});

test('a host that waits for the registration of another, and then for a quorum of others, is led to both', (t) => {
  const begin = 1_796_000_000;
  const slow = {
    configured: 20,
    consul: 21,
    programs: 21.5,
    leader: 22,
    registered: 23,
    gate: 23.2,
    etcd: 25,
    up: 25.5,
  };
  const fast = { configured: 3, consul: 4, programs: 5, leader: 6, registered: 7, gate: 23.1, etcd: 25.1, up: 26 };
  const cluster = new ClusterBoot([boot(memberJournal(1, fast, begin)), boot(memberJournal(2, slow, begin))]);
  t.deepEqual(words(cluster.chain()), [
    'etcd-2 configured 0.0-20.0',
    'etcd-2 consul runs 20.0-21.0',
    'etcd-2 consul leader 21.0-22.0',
    'etcd-2 registered 22.0-23.0',
    'etcd-2 gate opened 23.0-23.2',
    'etcd-1 etcd up 23.2-25.1',
    'etcd-1 up 25.1-26.0',
  ]);
  t.deepEqual(cluster.warnings(), ['The record has 3 members; journals of 2 are here.']);
});

test('moments: the record, a quorum, all up', (t) => {
  const moments = new ClusterBoot(hosts).moments().map(({ what, at, by }) => `${what} ${at.toFixed(1)} ${by}`);
  t.deepEqual(moments, [
    'agreed 19.2 by the record, etcd-1 is the first to start',
    'quorum 20.2 etcd on etcd-1 knows a leader',
    'up 20.9 etcd-3 is the last',
  ]);
});

test('clocks that differ, clusters that differ, hosts that did not boot together are told', (t) => {
  const times = { configured: 1, consul: 2, programs: 3, leader: 4, registered: 5, gate: 6, etcd: 7, up: 8 };
  const at = (begin: number, number = 2) => boot(memberJournal(number, times, begin));
  const one = at(1_796_000_000, 1);
  const skewed = new ClusterBoot([one, at(1_796_000_020), at(1_796_000_001, 3)]);
  t.regex(skewed.warnings().join(), /A gate opened 19\.0 s before the last host had registered/);
  const apart = new ClusterBoot([one, at(1_796_009_000), at(1_796_000_001, 3)]);
  t.regex(apart.warnings().join(), /did not boot together/);
  t.deepEqual([apart.chain(), apart.moments(), apart.end], [[], [], 8]);
  const foreign = { ...at(1_796_000_001, 3), cluster: 'deadbeef' };
  t.regex(
    new ClusterBoot([one, at(1_796_000_001), foreign]).warnings().join(),
    /members of 2 clusters: 26acdb9bcb6894b3, deadbeef/,
  );
});

test('the page: one policy, nothing from elsewhere, no script, whole, and the same each time', (t) => {
  const page = reportPage(
    [{ name: 'mycluster', hosts, documents: [{ path: 'aws/etcd/user-data', bytes: 8503 }] }],
    '1.2.3',
  );
  t.true(page.startsWith(MARK));
  t.true(
    page.includes(
      `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    ),
  );
  t.notRegex(page, /<script|<img|<link|<iframe|<base|\bhref=|\bsrc=|\son\w+=|url\(|@import/i);
  t.regex(page, /prefers-color-scheme: dark/);
  t.regex(page, /<b class="good">Up<\/b> 20\.9 s after the first host's start: 3 hosts/);
  t.regex(page, /<title>Boot report: mycluster<\/title>/);
  t.regex(page, /8,503/);
  assertWhole(t, page);
  t.is(
    page,
    reportPage([{ name: 'mycluster', hosts, documents: [{ path: 'aws/etcd/user-data', bytes: 8503 }] }], '1.2.3'),
  );
});

const NASTY = `</style></title><script>alert(1)</script><img src=x onerror='alert(2)'>" ' & \u001b[31m\u0000\u202e\ud800`;

test('text of others stays text, wherever it stands', (t) => {
  const journal = new TestJournal(NASTY)
    .starting(1, 'quorumgate-host.service')
    .says(2, 'etcd.service', `waiting: ${NASTY}`, 'etcd-ready')
    .says(3, `quorumgate-${NASTY}`, `waiting: ${NASTY}`)
    .says(4, 'etcd.service', `starting as ${NASTY}`, 'etcd-ready')
    .says(5, 'quorumgate-host.service', `this host is ${NASTY.replaceAll(' ', '_')} at <b>x</b>`);
  const host = boot(journal, `${NASTY}.json`);
  const page = reportPage(
    [{ name: NASTY, hosts: [host], silent: [NASTY], documents: [{ path: NASTY, bytes: 1 }] }],
    NASTY,
  );
  t.notRegex(page, /<script|<img|<b>x/);
  t.is(page.match(/<\/style>/g)?.length, 1);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that none is left is the point.
  t.notRegex(page, /[\u0000-\u0009\u000b-\u001f\u007f\u202e]|[\ud800-\udfff]/);
  assertWhole(t, page);
  const { html: root } = new XMLParser({ ignoreAttributes: false }).parse(
    page.replace(/^<!doctype html>\n/, '').replace(/<(meta|br)\b([^>]*)>/g, '<$1$2/>'),
  ) as { html: { head: object } };
  t.deepEqual(Object.keys(root.head).sort(), ['meta', 'style', 'title']);
});

test('hosts that are not up are named, with what they wait for', (t) => {
  const journal = new TestJournal('etcd-1')
    .starting(1, 'quorumgate-host.service')
    .says(2, 'etcd.service', 'waiting: 1 of 3 registered', 'etcd-ready')
    .raw(62, { MESSAGE: 'x' });
  const page = reportPage([{ hosts: [boot(journal)], silent: ['etcd-2'] }], '1');
  t.regex(page, /<b class="bad">Not up<\/b>: etcd-1, etcd-2 of 2 hosts, .* yet in the journal of etcd-2\./);
  t.regex(page, /1 of 3 registered <small>\(it still does\)<\/small>.*60\.0 s/);
  t.regex(page, /Not in the journal: consul runs, consul leader, registered, gate opened, etcd up, up\./);
  t.notRegex(page, /Critical chain/);
});

test('clusters beside each other, one of which has said nothing', (t) => {
  const page = reportPage(
    [
      { name: 'one', hosts },
      { name: 'two', hosts: [], silent: ['b-1', 'b-2'] },
    ],
    '1',
  );
  t.regex(page, /<title>Boot report: one, two<\/title>/);
  t.regex(
    page,
    /<h2>Cluster one<\/h2>[\s\S]*<h2>Cluster two<\/h2>\n<p><b class="bad">Not up<\/b>: nothing of ours is yet in the journal of b-1, b-2/,
  );
  assertWhole(t, page);
});

test('numbers of any size and of none make a page', (t) => {
  for (const at of [0, 1e-6, 99_999, 1e8, 1e11]) {
    const journal = new TestJournal('etcd-1')
      .starting(0, 'quorumgate-host.service')
      .says(at, 'etcd.service', 'waiting: x', 'etcd-ready');
    const page = reportPage([{ hosts: [boot(journal)] }], '1');
    t.notRegex(page, /NaN|Infinity|undefined|left:-|width:-/);
    t.true((page.match(/class="axis"/g)?.length ?? 0) <= 3);
  }
});

test('the axis has few numbers, and those that people count in', (t) => {
  t.deepEqual(scaleTo(20.9).ticks, [0, 5, 10, 15, 20]);
  t.deepEqual(scaleTo(0).ticks, [0, 0.1]);
  t.deepEqual(scaleTo(Number.NaN).ticks, scaleTo(0).ticks);
  for (let end = 0.1; end < 1e9; end *= 1.7) t.true(scaleTo(end).ticks.length <= 6, String(end));
  t.is(percent(scaleTo(10), 20), 100);
  t.is(percent(scaleTo(10), -1), 0);
  t.deepEqual([0.04, 99.94, 125, 120, 10_920, 200_000].map(duration), [
    '0.0 s',
    '99.9 s',
    '2 min 5 s',
    '2 min',
    '3 h 2 min',
    '2 d 7 h',
  ]);
  t.deepEqual([tickLabel(5, scaleTo(20)), tickLabel(0.5, scaleTo(1))], ['5 s', '0.5 s']);
});

test('median and maximum, in the order of the steps', (t) => {
  t.deepEqual(summarize([{ up: 3, configured: 1 }, { up: 1 }]), [
    { step: 'configured', median: 1, maximum: 1 },
    { step: 'up', median: 2, maximum: 3 },
  ]);
  t.is(median([3, 1, 2]), 2);
});

test('what is put into HTML is escaped once', (t) => {
  t.is(
    html`<p title="${`"'<>&`}">${html`<b>${'<'}</b>`}${[html`1`, html`2`]}${3}</p>`.text,
    '<p title="&quot;&#39;&lt;&gt;&amp;"><b>&lt;</b>123</p>',
  );
});
