export { createNotifications, type Notifications } from './notifications.ts';
export { notificationConfig } from './settings.ts';
export { endpointPlace } from './work/dispatch.ts';
export { zaloPlace } from './work/zalo-tokens.ts';
