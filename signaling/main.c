/* duet-signaling: serves, or runs one command. See commands.h. */
#include "signaling/commands.h"

int main(int argc, char **argv)
{
    return commands_main(argc, argv);
}
