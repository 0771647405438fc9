/*
 * Starts this program anew in its place: same process, same arguments, and the program as it is on the disk by now. Main
 * thread, when everything has been let go of.
 */
#ifndef DUET_MEDIA_PROGRAM_RESTART_H
#define DUET_MEDIA_PROGRAM_RESTART_H

/* What a program ends with that should have been started anew and could not be: whoever watches it starts it again. */
#define PROGRAM_RESTART_EXIT 75

/* argv as main() got it. Returns PROGRAM_RESTART_EXIT, or not at all. */
int program_restart(char **argv);

#endif
