// Runs its files one by one, when nothing else runs: Jest takes one runner's files after the other's.
const Runner = require('jest-runner').default;

module.exports = class AloneRunner extends Runner {
  isSerial = true;
};
