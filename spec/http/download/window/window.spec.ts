import './window.stress.spec.js';
