export { type Commands, createCommands } from './commands.ts';
export { pictureLimits, pictureTypes } from './pictures.ts';
