/** Graphviz as WebAssembly, loaded when it is asked for: big, and only the documents need it. */
export async function toSvg(dot: string): Promise<string> {
  const { instance } = await import('@viz-js/viz');
  const viz = await instance();
  return `${viz.renderString(dot, { format: 'svg', engine: 'dot' }).trimEnd()}\n`;
}
