import { assertSound, inLab, labSpec, labTest } from './lab-testing.ts';

// Each size, its hosts started spread over 0 to 20 s: one cluster every time, and nothing failed on any host.
const runs = Number(process.env.RUNS ?? 5);
for (const size of [1, 3, 5, 7]) {
  for (let run = 1; run <= runs; run++) {
    labTest(`size ${size}, run ${run} of ${runs}`, async (t) => {
      t.timeout(300_000);
      const startSpread = runs === 1 ? 10 : (20 * (run - 1)) / (runs - 1);
      await inLab({ size, startSpread, seed: size * 100 + run }, (lab) => assertSound(t, lab));
    });
  }
}

labTest("Consul's servers on hosts of their own", async (t) => {
  t.timeout(300_000);
  const consul = '{servers: role, count: 3, join: [10.77.0.11, 10.77.0.12, 10.77.0.13]}';
  await inLab({ text: labSpec({ consul }), startSpread: 5 }, (lab) => assertSound(t, lab));
});

labTest('hosts with systemd-resolved (trixie)', async (t) => {
  t.timeout(300_000);
  await inLab({ image: 'trixie', startSpread: 2 }, (lab) => assertSound(t, lab));
});
