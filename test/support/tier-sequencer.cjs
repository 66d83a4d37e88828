// Tests that measure seconds run first and among themselves; a browser beside them would take their processor.
const Sequencer = require('@jest/test-sequencer').default;

const ORDER = ['journey', 'api', 'workflows', 'browser', 'database', 'replay', 'unit'];

/** Tier by tier; within a tier as Jest does: what failed and what takes long comes first. */
module.exports = class TierSequencer extends Sequencer {
  sort(tests) {
    const tier = ({ path }) => ORDER.findIndex((name) => path.includes(`/test/${name}/`));
    return super.sort(tests).toSorted((a, b) => tier(a) - tier(b));
  }
};
