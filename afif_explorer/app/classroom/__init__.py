"""One class: its students' scenes, the teacher's page, the projector, and what they say to each other."""
