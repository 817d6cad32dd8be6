import './readers.stress.spec.js';
