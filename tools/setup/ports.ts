// TCP ports of this machine: which are free, and who has the others.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { createServer, connect } from 'node:net';

/** Whether something listens on the port of this machine, on any address. */
export async function isPortTaken(port: number): Promise<boolean> {
  if (await answers(port, '127.0.0.1')) return true;
  return !(await canListen(port, undefined)) || !(await canListen(port, '127.0.0.1'));
}

/** A port that was free a moment ago on the loopback address. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Whether a TCP connection to the port is taken up within half a second. */
export function answers(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    const finish = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(500, () => finish(false));
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}

function canListen(port: number, host: string | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'EADDRINUSE'));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * The pid that has a port, if the system tells us: that listens on it, or else was given it for a connection of its
 * own. None has it while a closed connection keeps it for its last minute.
 */
export function portOwner(port: number): number | undefined {
  if (process.platform !== 'linux') return ownerFromLsof(port);
  return holderOf(inodesOf(port, true)) ?? holderOf(inodesOf(port, false));
}

/** Whether nobody has the port but a closed connection, which keeps it for up to a minute. */
export function isClosing(port: number): boolean {
  return process.platform === 'linux' && inodesOf(port, false).size === 0;
}

function holderOf(inodes: Set<string>): number | undefined {
  if (inodes.size === 0) return undefined;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        if (inodes.has(readlinkSync(`/proc/${pid}/fd/${fd}`))) return Number(pid);
      }
    } catch {
      // Gone meanwhile, or somebody else's: then we cannot tell.
    }
  }
  return undefined;
}

function inodesOf(port: number, listening: boolean): Set<string> {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    let lines: string[] = [];
    try {
      lines = readFileSync(table, 'utf8').split('\n').slice(1);
    } catch {
      continue;
    }
    for (const fields of lines.map((line) => line.trim().split(/\s+/))) {
      // Column 1 is the local address, 3 the state (0A: listening), 9 the inode (0: closed, but not yet given back).
      if (fields[1]?.endsWith(`:${hexPort}`) !== true || fields[9] === '0') continue;
      if (!listening || fields[3] === '0A') inodes.add(`socket:[${fields[9]}]`);
    }
  }
  return inodes;
}

function ownerFromLsof(port: number): number | undefined {
  try {
    const output = execFileSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-t'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return Number.parseInt(output, 10) || undefined;
  } catch {
    return undefined;
  }
}

/** A clear sentence for a port that somebody else has, with the variable that chooses another. */
export function portTakenMessage(what: string, port: number, variable: string): string {
  const owner = portOwner(port);
  const by = owner === undefined ? 'another process' : `process ${owner}`;
  return `${what} needs port ${port}, but ${by} is using it: stop that, or set ${variable} to a free port.`;
}
