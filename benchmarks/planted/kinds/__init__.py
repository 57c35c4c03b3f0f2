"""The defects, a file for each family; every module here is imported when defects are asked for."""
