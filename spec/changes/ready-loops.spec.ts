import './ready-loops.stress.spec.js';
