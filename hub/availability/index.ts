export { type Availability, createAvailability } from './availability.ts';
