#!/usr/bin/env node
// The door behind every npm script: sets up what a fresh clone lacks, builds, then becomes the process asked for.
// It has no dependencies, and nothing newer than Node 14 can read is loaded before the version is checked.

const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`pilot-dispatch needs Node 20.19 or newer; this is Node ${process.versions.node}.`);
  process.exit(1);
}

const { main } = await import('./bootstrap/main.mjs');
await main(process.argv.slice(2));
