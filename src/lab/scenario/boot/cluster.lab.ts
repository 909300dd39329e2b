import { assertSound, inLab, labSpec, labTest } from '../lab-testing.ts';

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

const beside = Number(process.env.RUNS ?? 20);
for (let run = 1; run <= beside; run++) {
  labTest(`two clusters, a and a-b, on one Consul, booted among each other, run ${run} of ${beside}`, async (t) => {
    t.timeout(300_000);
    const second = labSpec({ cluster: '{name: a-b, size: 3}', consul: '{servers: existing, join: [10.77.0.101]}' });
    const first = labSpec({ cluster: '{name: a, size: 3}' });
    const options = { text: first, startSpread: 5, seed: run, beside: [{ text: second, file: 'a-b.yaml' }] };
    await inLab(options, async (lab) => {
      const [other] = lab.neighbours;
      if (other === undefined) return t.fail('there is no second cluster');
      for (const one of [lab, other]) await assertSound(t, one);
      t.not((await lab.cluster()).predicted, (await other.cluster()).predicted);
    });
  });
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
