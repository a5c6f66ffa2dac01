export { createEnrolment, type Enrolment } from './enrolment.ts';
