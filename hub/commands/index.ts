export { type Commands, type CommandsDeps, createCommands, type Picture } from './commands.ts';
export { PictureError } from './error.ts';
export { pictureLimits, pictureTypes } from './pictures.ts';
