export { type Calendars, createCalendars } from './calendars.ts';
export { calendarTemplates } from './template.ts';
