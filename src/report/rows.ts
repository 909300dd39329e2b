import { html, type Markup, none } from './html.ts';
import { duration, percent, type Scale, tickLabel } from './scale.ts';

/** A piece of a bar, in seconds on the axis. */
interface Piece {
  from: number;
  to: number;
  kind: 'step' | 'chain' | 'wait' | 'moment';
}

/** One row of a timeline: words, a bar, a time. */
export interface Row {
  what: Markup;
  pieces: readonly Piece[];
  when: Markup;
  /** More words, below. */
  note?: Markup;
  kind?: 'wait';
}

function track(scale: Scale, pieces: readonly Piece[]): Markup {
  const lines = scale.ticks.map((at) => html`<i style="left:${percent(scale, at)}%"></i>`);
  const bars = pieces.map(({ from, to, kind }) => {
    const left = percent(scale, from);
    const width = kind === 'moment' ? none : html`;width:${Math.round((percent(scale, to) - left) * 100) / 100}%`;
    return html`<b class="${kind}" style="left:${left}%${width}"></b>`;
  });
  return html`<span class="track" aria-hidden="true">${lines}${bars}</span>`;
}

/** Rows under one axis. The numbers say all that the bars do. */
export function timeline(scale: Scale, rows: readonly Row[]): Markup {
  const numbers = scale.ticks.map((at) => {
    const where = percent(scale, at);
    // The last may stand at the very edge.
    return html`<span${where > 93 ? html` class="end"` : none} style="left:${where}%">${tickLabel(at, scale)}</span>`;
  });
  const axis = html`<li class="axis" aria-hidden="true"><span class="what"></span><span class="track">${numbers}</span><span class="when"></span></li>`;
  const lines = rows.map(({ what, pieces, when, note, kind }) => {
    const words = html`<span class="what">${what}</span>${track(scale, pieces)}<span class="when">${when}</span>`;
    const below = note === undefined ? none : html`<span class="note">${note}</span>`;
    return html`<li${kind === 'wait' ? html` class="wait"` : none}>${words}${below}</li>
`;
  });
  return html`<ol class="rows">${axis}
${lines}</ol>`;
}

/** When, and how long after what came before. */
export function time(at: number, took?: number): Markup {
  return took === undefined ? html`${duration(at)}` : html`${duration(at)} <small>+${duration(took)}</small>`;
}
