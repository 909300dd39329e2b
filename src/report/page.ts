import { type HostBoot, lastStep } from './boot.ts';
import { ClusterBoot, type Link, type Moment } from './chain.ts';
import { html, Markup, none } from './html.ts';
import { visible } from './journal.ts';
import { type Row, time, timeline } from './rows.ts';
import { duration, type Scale, scaleTo } from './scale.ts';
import { ABOUT, STEPS, type Step, summarize } from './steps.ts';
import { STYLE } from './style.ts';

/** A cluster as a report shows it. */
export interface Reported {
  name?: string | undefined;
  hosts: readonly HostBoot[];
  /** Hosts whose journals have nothing of ours yet. */
  silent?: readonly string[];
  /** Documents that its hosts were booted from. */
  documents?: readonly { path: string; bytes: number }[];
}

/** The first bytes of each report: a file that begins with other ones is not written over. */
export const MARK = '<!doctype html>\n<!-- boot report of quorumgate -->\n';

/** No source of anything is allowed but the style within. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

const MOMENTS: Readonly<Record<Moment['what'], string>> = {
  agreed: 'record agreed on',
  quorum: 'quorum',
  up: 'all hosts up',
};

/** One page that needs nothing but itself. The same boots give the same bytes. */
export function reportPage(clusters: readonly Reported[], version: string): string {
  const names = clusters.flatMap(({ name }) => (name === undefined ? [] : [visible(name, 63)]));
  const title = `Boot report${names.length > 0 ? `: ${names.join(', ')}` : ''}`;
  const body = html`<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<h1>${title}</h1>
${clusters.map((one) => clusterPart(one, clusters.length > 1))}
<footer>Made by quorumgate ${version} from the hosts' journals. A step is as its unit or program told it; the critical chain takes, for each step, the latest one that it had to come after.</footer>
</body>
</html>
`;
  return MARK + body.text;
}

function clusterPart({ name, hosts, documents = [], silent = [] }: Reported, isOneOfMany: boolean): Markup {
  if (hosts.length === 0)
    return html`<section>
<h2>Cluster ${visible(name ?? '', 63)}</h2>
<p><b class="bad">Not up</b>: nothing of ours is yet in the journal of ${silent.join(', ')}.</p>
</section>
`;
  const cluster = new ClusterBoot(hosts, silent);
  const scale = scaleTo(cluster.end);
  const chain = cluster.chain();
  const warnings = cluster.warnings().map(
    (text) => html`<p class="warn">${visible(text, 500)}</p>
`,
  );
  return html`<section>
${isOneOfMany ? html`<h2>Cluster ${visible(name ?? '', 63)}</h2>` : none}
<p>${summary(cluster)}</p>
<p class="dim">Seconds count from the start of ${cluster.isTogether ? html`the first host, ${dateOf(cluster.begin)}` : html`each host`}.</p>
${warnings}${momentPart(cluster, scale)}${chainPart(chain, scale)}${tablePart(hosts)}
<h2>Hosts</h2>
<p class="dim">A bar, and the number after +, begins at the step before.${chain.length === 0 ? '' : ' ◆ is a step of the critical chain.'}</p>
${hosts.map((host) => hostPart(cluster, host, scale, chain))}${documentPart(documents)}
</section>
`;
}

/** By the clock of a host, which may say anything. */
function dateOf(seconds: number): string {
  const date = new Date(Math.max(0, seconds) * 1000);
  return Number.isNaN(date.getTime()) ? 'at no date' : date.toISOString().replace('T', ' ').replace('Z', ' UTC');
}

function summary(cluster: ClusterBoot): Markup {
  const { hosts, last, silent } = cluster;
  const all = hosts.length + silent.length;
  const count = `${all} ${all === 1 ? 'host' : 'hosts'}`;
  if (last !== undefined && cluster.isTogether) {
    return html`<b class="good">Up</b> ${duration(last.at)} after the first host's start: ${count}, the last of them <b>${last.host.name}</b>.`;
  }
  const down = [
    ...hosts.filter((host) => host.steps[lastStep(host.role)] === undefined).map(({ name }) => name),
    ...silent,
  ];
  if (down.length === 0) return html`<b class="good">Up</b>: ${count}.`;
  return html`<b class="bad">Not up</b>: ${down.join(', ')} of ${count}, at the end of the journals.${silent.length === 0 ? '' : ` Nothing of ours is yet in the journal of ${silent.join(', ')}.`}`;
}

function momentPart(cluster: ClusterBoot, scale: Scale): Markup {
  const rows = cluster.moments().map(
    ({ what, at, by }): Row => ({
      what: html`<b>${MOMENTS[what]}</b>`,
      note: html`${by}`,
      pieces: [{ from: at, to: at, kind: 'moment' }],
      when: time(at),
    }),
  );
  return rows.length === 0
    ? none
    : html`<h2>Moments</h2>
<div class="card">${timeline(scale, rows)}</div>
`;
}

function chainPart(chain: readonly Link[], scale: Scale): Markup {
  const [first] = chain;
  if (first === undefined) return none;
  const longest = chain.reduce((a, b) => (b.at - b.from > a.at - a.from ? b : a));
  const rows = chain.map(
    (link): Row => ({
      what: html`<b>${link.host.name}</b>: ${link.step}`,
      ...(link.cause !== '' && { note: html`waits: ${link.cause}` }),
      pieces: [{ from: link.from, to: link.at, kind: 'chain' }],
      when: time(link.at, link.at - link.from),
    }),
  );
  return html`<h2>Critical chain</h2>
<p>The cluster waited for these, one after the other. The longest is <b>${longest.host.name}: ${longest.step}</b>, ${duration(longest.at - longest.from)} until ${ABOUT[longest.step]}.</p>
<div class="card">${timeline(scale, rows)}</div>
`;
}

function tablePart(hosts: readonly HostBoot[]): Markup {
  const rows = summarize(hosts.map(({ steps }) => steps)).map(
    ({
      step,
      median,
      maximum,
    }) => html`<tr><th scope="row">${step} <small>${ABOUT[step]}</small></th><td class="number">${median.toFixed(1)}</td><td class="number">${maximum.toFixed(1)}</td></tr>
`,
  );
  return html`<h2>Seconds after boot</h2>
<p class="dim">From each host's own start.</p>
<table><thead><tr><th scope="col">step</th><th scope="col" class="number">median</th><th scope="col" class="number">maximum</th></tr></thead>
<tbody>${rows}</tbody></table>
`;
}

const order = (step: Step) => STEPS.indexOf(step);

const GATES: Readonly<Record<NonNullable<HostBoot['gate']>, string>> = {
  new: 'as one of the new members',
  existing: 'as a member that joins',
  data: 'from the data on its disk',
};

function stepRows(cluster: ClusterBoot, host: HostBoot, chain: readonly Link[]): Row[] {
  const offset = cluster.offset(host);
  const passed = (Object.entries(host.steps) as [Step, number][]).sort(
    ([a, x], [b, y]) => x - y || order(a) - order(b),
  );
  return passed.map(([step, at], index) => {
    const before = passed[index - 1]?.[1] ?? 0;
    const isLink = chain.some((link) => link.host === host && link.step === step);
    return {
      what: html`<b>${step}</b>${isLink ? ' ◆' : ''}`,
      ...(step === 'gate opened' && host.gate !== undefined && { note: html`${GATES[host.gate]}` }),
      pieces: [{ from: offset + before, to: offset + at, kind: isLink ? 'chain' : 'step' }],
      when: time(at, at - before),
    };
  });
}

function often(times: number, isOpen: boolean): Markup {
  const words = [...(times > 1 ? [`${times} times`] : []), ...(isOpen ? ['it still does'] : [])];
  return words.length === 0 ? none : html` <small>(${words.join(', ')})</small>`;
}

function waitRows(cluster: ClusterBoot, host: HostBoot): Row[] {
  const offset = cluster.offset(host);
  return host.waits.map(({ unit, cause, seconds, times, spans, isOpen }) => ({
    kind: 'wait',
    what: html`<b>${visible(unit, 80)}</b>: ${cause}${often(times, isOpen)}`,
    pieces: spans.map(([from, to]) => ({ from: offset + from, to: offset + to, kind: 'wait' })),
    when: html`${duration(seconds)}`,
  }));
}

function hostPart(cluster: ClusterBoot, host: HostBoot, scale: Scale, chain: readonly Link[]): Markup {
  const { name, address, role, steps, source, remarks } = host;
  const up = steps[lastStep(role)];
  const offset = cluster.offset(host);
  const state =
    up === undefined
      ? html`<span class="state bad">not up</span>`
      : html`<span class="state good">up after ${duration(up)}</span>`;
  const missing = STEPS.filter(
    (step) =>
      steps[step] === undefined && (role === 'etcd' || order(step) <= order('consul leader')) && step !== 'programs',
  );
  const waits = waitRows(cluster, host);
  return html`<div class="card">
<div class="head"><h3>${name}</h3><span class="dim">${[address, role === 'etcd' ? '' : role].filter(Boolean).join(', ')}</span>${state}</div>
${offset > 0.05 ? html`<p class="dim">It began ${duration(offset)} after the first host; times at the right are its own.</p>` : none}
${timeline(scale, stepRows(cluster, host, chain))}
${missing.length === 0 ? none : html`<p class="dim">Not in the journal: ${missing.join(', ')}.</p>`}
${
  waits.length === 0
    ? none
    : html`<h4>It waited for</h4>
${timeline(scale, waits)}`
}
${remarks.map((text) => html`<p class="dim">${text}</p>`)}
${source === '' ? none : html`<p class="dim"><small>From ${visible(source, 200)}</small></p>`}
</div>
`;
}

function documentPart(documents: readonly { path: string; bytes: number }[]): Markup {
  if (documents.length === 0) return none;
  const rows = documents.map(
    ({
      path,
      bytes,
    }) => html`<tr><th scope="row">${visible(path, 200)}</th><td class="number">${bytes.toLocaleString('en-US')}</td></tr>
`,
  );
  return html`<h2>Documents</h2>
<table><thead><tr><th scope="col">file</th><th scope="col" class="number">bytes</th></tr></thead><tbody>${rows}</tbody></table>
`;
}
