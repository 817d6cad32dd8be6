import './ends.stress.spec.js';
