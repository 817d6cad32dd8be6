import './read-chunks-memory.stress.spec.js';
