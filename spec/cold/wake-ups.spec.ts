import './wake-ups.stress.spec.js';
