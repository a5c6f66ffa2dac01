export { createReleases, type Releases } from './releases.ts';
export { createDiskStore } from './store/disk.ts';
