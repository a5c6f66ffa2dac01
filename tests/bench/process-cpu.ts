import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = 100;

/** CPU seconds, user and system, that a process and its children have used so far (Linux, 10 ms steps). */
export function cpuSecondsOf(pid: number): number {
  const own = ticksOf(pid);
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => parentOf(child) === pid)
    .reduce((sum, child) => sum + ticksOf(child), 0);
  return (own + children) / ticksPerSecond;
}

/** Fields of /proc/<pid>/stat behind the command's name, which may hold spaces (proc(5)). */
function fieldsOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
  } catch {
    // It ended meanwhile: what it used is in its parent's count of waited-for children, which is not read here.
    return [];
  }
}

function ticksOf(pid: number): number {
  const fields = fieldsOf(pid);
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
}

function parentOf(pid: number): number {
  return Number(fieldsOf(pid)[1] ?? 0);
}
