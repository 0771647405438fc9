#include "signaling/accounts/account_rights.h"

#include <string.h>

bool account_rights_keeper(const char *role, bool has_security_admin)
{
    return strcmp(role, "security_admin") == 0 ||
           (strcmp(role, "system_admin") == 0 && !has_security_admin);
}

bool account_rights_may(const char *role, bool has_security_admin, const char *target_role)
{
    bool teacher =
        strcmp(target_role, "master_teacher") == 0 || strcmp(target_role, "local_teacher") == 0;

    return account_rights_keeper(role, has_security_admin) ||
           (strcmp(role, "coordinator") == 0 && teacher);
}
