import './killed.stress.spec.js';
