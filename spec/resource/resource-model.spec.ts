import './resource-model.stress.spec.js';
